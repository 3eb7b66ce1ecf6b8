// Page visits and form submissions, to the collector that served this file:
//   <script src="https://collector.example/beacon.js" data-key="BROWSER KEY" async></script>
(function () {
  'use strict'
  var script = document.currentScript
  var collector = script.src.replace(/beacon\.js.*$/, '')
  var key = script.getAttribute('data-key')
  var NAME = '_sp_id'
  var YEAR_SECONDS = 31536000
  var MAX_VALUE_CHARS = 1000
  var PRIVATE_TYPE = /^(password|hidden|file|submit|button|image|reset)$/
  var PRIVATE_USE = /(^|\s)(cc-|one-time-code|\S+-password)/i
  var PRIVATE_NAME = new RegExp(
    '^_|pass.?(w|code|phrase)|pwd|secret|token|csrf|card.?n|cc.?(n|exp|csc)|credit.?card|cvc|cvv|csc|iban|ssn|' +
      'social.?sec|tax.?id|passport', 'i')

  // The token of a click in a mail leaves the address bar before anybody copies it.
  var token = (/[?&]_sp=([\w-]+)/.exec(location.search) || [])[1]
  if (token) {
    var query = location.search.slice(1).split('&').filter(function (part) { return part.slice(0, 4) !== '_sp=' }).join('&')
    history.replaceState(history.state, '', location.pathname + (query && '?' + query) + location.hash)
  }

  // Global Privacy Control, Do Not Track: nothing is stored, nothing is sent.
  if (navigator.globalPrivacyControl || (navigator.doNotTrack || window.doNotTrack) === '1') return

  function random () {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return (byte + 256).toString(16).slice(1)
    }).join('')
  }

  // Storage may be forbidden, then the name lives as long as the page.
  var stored
  function anonymousId () {
    var id
    try { id = (new RegExp('(?:^|; )' + NAME + '=([0-9a-f]{32})').exec(document.cookie) || [])[1] } catch (_) {}
    try { id = id || localStorage.getItem(NAME) } catch (_) {}
    stored = id || stored || random()
    try {
      document.cookie = NAME + '=' + stored + ';path=/;max-age=' + YEAR_SECONDS + ';samesite=lax' +
        (location.protocol === 'https:' ? ';secure' : '')
    } catch (_) {}
    try { localStorage.setItem(NAME, stored) } catch (_) {}
    return stored
  }

  function send (event) {
    event.id = random()
    event.url = location.href
    var body = JSON.stringify({
      key: key, anonymous_id: anonymousId(), token: token, automated: navigator.webdriver || undefined, events: [event]
    })
    token = undefined
    if (!(navigator.sendBeacon && navigator.sendBeacon(collector + 'b', body))) {
      fetch(collector + 'b', { method: 'POST', body: body, keepalive: true, mode: 'no-cors', credentials: 'omit' })
        .catch(function () {})
    }
  }

  // #/path and #!path are pages of single-page sites, #part is a place in one.
  var last
  var referrer = document.referrer
  function visit () {
    var page = location.href.replace(/#(?![/!]).*$/, '')
    if (page === last) return
    send({ type: 'page_visit', referrer: referrer })
    referrer = last = page
  }

  function luhn (digits) {
    var sum = 0
    for (var i = 0; i < digits.length; i++) {
      var digit = digits[digits.length - 1 - i] * (i % 2 + 1)
      sum += digit > 9 ? digit - 9 : digit
    }
    return sum % 10 === 0
  }

  function holdsCardNumber (text) {
    return (text.match(/\d+(?:[ .-]\d+)*/g) || []).some(function (run) {
      var groups = run.split(/\D/)
      return groups.some(function (_, first) {
        var digits = ''
        return groups.slice(first).some(function (group) {
          digits += group
          return digits.length > 12 && digits.length < 20 && luhn(digits)
        })
      })
    })
  }

  // Attributes and prototypes are asked, since a field named `elements` or `id` hides what a form has of that name.
  var elementsOf = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'elements').get

  function isKept (field, value) {
    return field.name && !field.disabled && !PRIVATE_TYPE.test(field.type) && !PRIVATE_NAME.test(field.name) &&
      (!/^(checkbox|radio)$/.test(field.type) || field.checked) && !field.closest('[data-private]') &&
      !PRIVATE_USE.test(field.getAttribute('autocomplete') || '') && value && !holdsCardNumber(value)
  }

  function submitted (submission) {
    var form = submission.target
    var action = new URL(form.getAttribute('action') || '', location.href).href
    if (action.indexOf(collector + 'f/') === 0) return introduce(form)
    var event = { type: 'form_submission', fields: {} }
    event.form = form.getAttribute('data-form') || form.getAttribute('id') || form.getAttribute('name') ||
      new URL(action).pathname
    Array.from(elementsOf.call(form)).forEach(function (field) {
      var value = String(field.value || '').slice(0, MAX_VALUE_CHARS)
      if (!isKept(field, value)) return
      event.fields[field.name] = field.name in event.fields ? event.fields[field.name] + ', ' + value : value
      if (field.type === 'email') event.email = value
    })
    send(event)
  }

  // A form that is posted to the collector itself tells it who posts, and is not counted twice.
  function introduce (form) {
    var field = document.createElement('input')
    field.type = 'hidden'
    field.name = NAME
    field.value = anonymousId()
    form.appendChild(field)
  }

  ;['pushState', 'replaceState'].forEach(function (name) {
    var original = history[name]
    history[name] = function () {
      var result = original.apply(this, arguments)
      visit()
      return result
    }
  })
  addEventListener('popstate', visit)
  addEventListener('submit', submitted, true)
  // A page that is rendered ahead is not seen yet.
  if (document.prerendering) document.addEventListener('prerenderingchange', visit, { once: true })
  else visit()
})()
