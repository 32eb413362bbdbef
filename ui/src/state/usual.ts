/** What a job begins with where nobody has said anything else. */
import type { Watch } from '../backend/types';

/** How folders are watched when nothing else is said. */
export const WATCH: Watch = {
  quiet: '10s',
  marker: null,
  on_change: 'again',
  events: true,
  poll: '5s',
  rescan: '1m',
  idle_end: null,
};

/** How a delivered record is entered into a catalogue. */
export const REGISTER = {
  method: 'POST',
  url: '',
  body: '{"path": {{ target | tojson }}, "hash": {{ hash | tojson }}}',
  idempotency_header: 'Idempotency-Key',
  success: [200, 201, 202, 204],
} as const;
