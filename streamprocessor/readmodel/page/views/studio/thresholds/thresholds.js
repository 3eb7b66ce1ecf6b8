// Step 3: from which score on somebody is in which stage, and who is a hot lead.

import {el, empty} from '../../../parts/element.js';
import {wordAt} from '../draft/places.js';
import {replayPanel} from '../preview/replay.js';
import {capacity} from './capacity.js';
import {histogram} from './histogram.js';
import {hotLeadFields} from './hot_lead.js';
import {stageRows} from './stage_rows.js';

// preview: as of preview/job.js; replay: as of preview/replay.js.
export function thresholds({session, at, preview, replay, known}) {
  const words = session.model?.scores?.[at.score];
  if (!words) return empty('There is no score yet.', el('p', {}, 'Begin with Actions.'));
  if (words.combine?.matrix) return empty(`${at.score} has labels in place of stages.`, el('p', {}, 'They are set under Points.'));
  const place = wordAt(session, 'scores', at.score, 'stages');
  return [
    el('h2', {}, `Stages of ${at.score}`),
    histogram({place, score: at.score, preview}),
    stageRows({session, place, score: at.score, preview}),
    capacity({preview}),
    replayPanel({session, replay}),
    hotLeadFields({session, known}),
  ];
}
