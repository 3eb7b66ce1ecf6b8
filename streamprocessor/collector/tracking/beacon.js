// Visits, forms, downloads, clicks to other sites and videos of a page, to the collector that served this file:
//   <script src="https://collector.example/beacon.js" data-key="BROWSER KEY" async></script>
// data-downloads: "off", or the endings that count, such as "pdf,zip". data-outbound, data-video: "off".
// data-site: whose links are none to another site, where it is not this page's host, such as "example.com".
// data-time="on": also the seconds for which a page was seen. Whatever else: streamprocessor.track(type, properties).
// It is served without its comments and indents, so a comment has a line of its own.
(() => {
  'use strict'
  // A module has no current script.
  const script = document.currentScript || document.querySelector('[src*="/beacon.js"]')
  const setting = name => script && script.getAttribute('data-' + name)
  const key = setting('key')
  const collector = script && script.src.replace(/beacon\.js.*$/, '')
  // The same again within is a double click; and within a script sends its form, as captchas take their time.
  const ONE_ACT_MS = 10000
  // Or it leaves the page within.
  const LEAVING_MS = 1000
  const SHORTEST_STAY_MS = 5000
  const PRIVATE_TYPE = /^(password|hidden|file|submit|button|image|reset)$/
  const PRIVATE_USE = /(^|\s)(cc-|one-time-code|\S+-password)/i
  const PRIVATE_NAME = /^_|pass.?(w|code|phrase)|pwd|secret|token|csrf|card.?n|cc.?(n|exp|csc)|credit.?card|cvc|cvv|csc|iban|ssn|social.?sec|tax.?id|passport/i
  const FILES = 'csv,docx?,epub,exe,mp[34],od[pst],pdf,pp[st]x?,rtf,xlsx?,zip'

  const say = text => console.warn('beacon.js: ' + text)
  // Pages may call it whatever comes next.
  window.streamprocessor = { track () {} }

  // The token of a click in a mail leaves the address bar before anybody copies it.
  let token = (/[?&]_sp=([\w-]+)/.exec(location.search) || [])[1]
  if (token) {
    const query = location.search.replace(/([?&])_sp=[^&]*&?/g, '$1').replace(/[?&]$/, '')
    history.replaceState(history.state, '', location.pathname + query + location.hash)
  }

  // Global Privacy Control, Do Not Track: nothing is stored, nothing is sent.
  if (navigator.globalPrivacyControl || (navigator.doNotTrack || window.doNotTrack) === '1') return
  if (!key) return say('no data-key: nothing is sent')
  const isAutomated = navigator.webdriver
  if (isAutomated) say('navigator.webdriver is set: a program gets no points')

  const random = () => crypto.getRandomValues(new Uint8Array(16)).reduce((text, byte) => text + (byte + 256).toString(16).slice(1), '')

  // Storage may be forbidden, then the name lives as long as the page.
  let stored
  const anonymousId = () => {
    let id
    try { id = (/\b_sp_id=([0-9a-f]{32})/.exec(document.cookie) || [])[1] } catch (_) {}
    try { id = id || localStorage.getItem('_sp_id') } catch (_) {}
    stored = id || stored || random()
    try {
      document.cookie = '_sp_id=' + stored + ';path=/;max-age=31536000;samesite=lax' +
        (location.protocol === 'https:' ? ';secure' : '')
    } catch (_) {}
    try { localStorage.setItem('_sp_id', stored) } catch (_) {}
    return stored
  }

  // Also of a page that is left: `keepalive`. What is wrong with a key is wrong with all that is sent, and said once.
  let faults = 0
  const send = event => {
    event.id = random()
    event.url = event.url || location.href
    // A site may have cut a character in half.
    const body = JSON.stringify({
      key, anonymous_id: anonymousId(), token, automated: isAutomated, events: [event]
    }).replace(/\\ud[89a-f]../g, '\\ufffd')
    token = undefined
    fetch(collector + 'b', { method: 'POST', body, keepalive: true, credentials: 'omit' }).then(answer => {
      if (!answer.ok && !faults++) answer.text().then(text => say('data-key ' + key + ': ' + text))
    }).catch(() => {})
  }

  const sentAt = {}
  const sendOnce = event => {
    const content = JSON.stringify(event)
    if (!(Date.now() - sentAt[content] < ONE_ACT_MS)) send(event)
    sentAt[content] = Date.now()
  }

  // hear: is asked before, and may return who is told what came of it. A fault of ours is not to be the site's.
  const wrap = (owner, name, hear) => {
    const original = owner[name]
    owner[name] = function (...given) {
      let ended
      try { ended = hear.apply(this, given) } catch (_) {}
      const result = original.apply(this, given)
      if (ended) ended(result)
      return result
    }
  }

  // Whether a site prevented something is known once all its listeners were asked, or as the page is left.
  const undecided = []
  const decide = () => undecided.splice(0).forEach(decision => decision())
  const afterwards = decision => {
    undecided.push(decision)
    setTimeout(decide)
  }

  // #/path and #!path are pages of single-page sites, #part is a place in one. A page that rewrites its query, as
  // sliders and filters do, is the same page; one that is rendered ahead is not seen yet.
  let last
  let referrer = document.referrer
  const visit = isRewritten => {
    const page = location.href.replace(/#(?![/!]).*$/, '')
    if (page === last || document.prerendering) return
    if (isRewritten !== true || withoutQueries(page) !== withoutQueries(last || '')) {
      leave()
      send({ type: 'page_visit', referrer })
    }
    referrer = last = page
  }
  const withoutQueries = page => page.replace(/\?[^#]*/g, '')

  let seenMs = 0
  let seenSince = !document.hidden && performance.now()
  const stay = () => {
    if (seenSince) seenMs += performance.now() - seenSince
    seenSince = !document.hidden && performance.now()
    if (setting('time') !== 'on' || seenMs < SHORTEST_STAY_MS) return
    send({ type: 'time_on_page', url: last, properties: { seconds: Math.round(seenMs / 1000) } })
    seenMs = 0
  }
  const leave = () => {
    decide()
    if (waiting && (waiting.requests || Date.now() - waiting.at < LEAVING_MS)) count(waiting)
    stay()
    seenMs = 0
  }

  const luhn = digits => !([...digits].reverse().reduce((sum, digit, i) => {
    digit *= i % 2 + 1
    return sum + (digit > 9 ? digit - 9 : digit)
  }, 0) % 10)

  const holdsCardNumber = text => (text.match(/\d+(?:[ .-]\d+)*/g) || []).some(run => {
    const groups = run.split(/\D/)
    return groups.some((_, first) => {
      let digits = ''
      return groups.slice(first).some(group => {
        digits += group
        return /^\d{13,19}$/.test(digits) && luhn(digits)
      })
    })
  })

  // Prototypes are asked, since a field named `elements` hides what a form has of that name.
  const formType = HTMLFormElement.prototype
  const elementsOf = Object.getOwnPropertyDescriptor(formType, 'elements').get

  const usageOf = field => field.getAttribute('autocomplete') || ''
  const isKept = field => field.name && !field.disabled && !PRIVATE_TYPE.test(field.type) && !PRIVATE_NAME.test(field.name) &&
    (!/^(checkbox|radio)$/.test(field.type) || field.checked) && !field.closest('[data-private]') &&
    !PRIVATE_USE.test(usageOf(field)) && field.value && !holdsCardNumber(field.value)
  // Who never saw a field did not fill it; what was changed is of an earlier step of the form.
  const isSeen = field => field.getClientRects().length || field.value !== field.defaultValue

  // The name of the field that holds the submitter's address, by what the browser knows; undefined where several may.
  const addressOf = fields => {
    const all = fields.filter(field => isSeen(field) && (field.type === 'email' || isForAddress(field)))
    const own = all.filter(isForAddress)
    const [first, ...others] = own[0] ? own : all
    if (first && others.every(field => field.value === first.value)) return first.name
  }
  const isForAddress = field => /\bemail$/i.test(usageOf(field))

  const submissionOf = (form, action) => {
    const kept = [...elementsOf.call(form)].filter(isKept)
    const fields = Object.create(null)
    let sign = ''
    kept.forEach(({ name, value }) => {
      // At most 1000, and not half of a character.
      value = value.slice(0, 1000).replace(/[\ud800-\udbff]$/, '')
      fields[name] = (name in fields ? fields[name] + ', ' : '') + value
      value.toLowerCase().split(/["\\\r\n]/).forEach(part => { if (part.length > sign.length) sign = part })
    })
    const event = {
      type: 'form_submission',
      url: location.href,
      form: ['data-form', 'id', 'name'].map(name => form.getAttribute(name)).find(Boolean) || action.pathname,
      fields,
      address: addressOf(kept),
      hidden: kept.filter(field => !isSeen(field)).map(field => field.name)
    }
    return { event, sign: sign.trim(), at: Date.now(), requests: 0 }
  }

  // What a form begins; nothing where it is posted to the collector itself, which is told who posts, and counts it.
  const begun = form => {
    const action = new URL(form.getAttribute('action') || '', location.href)
    if (action.href.indexOf(collector + 'f/')) return submissionOf(form, action)
    const field = form.querySelector('[name=_sp_id]') || document.createElement('input')
    field.type = 'hidden'
    field.name = '_sp_id'
    field.value = anonymousId()
    form.appendChild(field)
  }

  // A submission that the site prevented is one only where a script sends it: that is waited for.
  let waiting
  const count = submission => {
    if (submission.event) sendOnce(submission.event)
    submission.event = waiting = undefined
  }

  const submitted = submit => {
    decide()
    const submission = waiting = begun(submit.target)
    if (!submission) return
    afterwards(() => {
      if (!submit.defaultPrevented && !/^dialog$/i.test(submit.target.getAttribute('method'))) count(submission)
    })
  }

  // Whether a request carries the submission, by the longest of its values; where that says nothing, any that posts does.
  const carries = (submission, method, url, body) => {
    const isPost = !/get|head/i.test(method)
    if (Date.now() - submission.at > ONE_ACT_MS || !url.indexOf(collector)) return
    if (body && body.getAll) body = [...body.values()].join(' ')
    if (body && typeof body !== 'string') return isPost
    let text = url + ' ' + body
    try { text += decodeURIComponent(text.replace(/\+/g, ' ')) } catch (_) {}
    return submission.sign.length > 2 ? text.toLowerCase().indexOf(submission.sign) >= 0 : isPost
  }

  // Who is told the status with which a request ended, 0 where the browser keeps it to itself.
  const requested = (method, url, body) => {
    const submission = waiting
    if (!submission || !carries(submission, method || 'GET', String(url), body)) return
    submission.requests++
    return status => {
      submission.requests--
      if (status < 400) count(submission)
    }
  }

  const watchRequests = () => {
    const asked = new WeakMap()
    wrap(window, 'fetch', (what, options) => {
      const { method, body } = options || {}
      const ended = requested(method || what.method, what.url || what, body || what.url && what)
      return ended && (answer => answer.then(got => ended(got.status), ended))
    })
    wrap(XMLHttpRequest.prototype, 'open', function (...target) { asked.set(this, target) })
    wrap(XMLHttpRequest.prototype, 'send', function (body) {
      const ended = requested(...asked.get(this).slice(0, 2), body)
      if (ended) this.addEventListener('loadend', () => ended(this.status || NaN))
    })
  }

  // No file ends in .off.
  const isFile = new RegExp('\\.(' + (setting('downloads') || FILES).replace(/,\s*/g, '|') + ')$', 'i')
  const site = '.' + (setting('site') || location.hostname.replace(/^www\./, ''))

  const clicked = click => {
    const link = click.button < 2 && click.composedPath()[0].closest('a[href],area[href]')
    if (!link || !/^http/.test(link.protocol)) return
    const isDownload = isFile.test(link.pathname)
    if (!isDownload && (setting('outbound') === 'off' || ('.' + link.hostname).endsWith(site))) return
    const event = { type: isDownload ? 'download' : 'outbound_click', properties: { url: link.href, referrer: location.href } }
    afterwards(() => click.defaultPrevented || sendOnce(event))
  }

  // Once for each video of a page; what plays by itself without a sound was not played by a person.
  const played = {}
  const watch = (happening, type) => addEventListener(happening, ({ target: video }) => {
    const id = [last, type, video.currentSrc]
    if (video.tagName !== 'VIDEO' || played[id] || video.autoplay && video.muted) return
    let seconds = 0
    for (let i = video.played.length; i--;) seconds += video.played.end(i) - video.played.start(i)
    if (type !== 'video_start' && !(seconds * 2 >= video.duration)) return
    played[id] = true
    send({ type, properties: { video: video.id || video.currentSrc.split(/[?#]/)[0].split('/').pop() } })
  }, true)
  if (setting('video') !== 'off') {
    watch('play', 'video_start')
    watch('timeupdate', 'video_half')
    watch('ended', 'video_watched')
  }

  window.streamprocessor.track = (type, properties) => {
    if (/^[a-z][a-z0-9_]{0,63}$/.test(type)) send({ type, properties: properties || {} })
    else say('no event type: ' + type)
  }

  wrap(history, 'pushState', () => () => visit())
  wrap(history, 'replaceState', () => () => visit(true))
  // A script that submits a form asks no listener.
  wrap(formType, 'submit', function () {
    const submission = begun(this)
    if (submission) count(submission)
  })
  addEventListener('popstate', visit)
  addEventListener('submit', watchRequests, { capture: true, once: true })
  addEventListener('submit', submitted, true)
  addEventListener('click', clicked, true)
  addEventListener('auxclick', clicked, true)
  addEventListener('pagehide', leave)
  document.addEventListener('visibilitychange', stay)
  document.addEventListener('prerenderingchange', visit)
  visit()
})()
