// npm run setup: everything that a build needs, and nothing built by cargo yet.

import { setUp } from './lib/steps.mjs';
import { step, task } from './lib/say.mjs';

await task(() => {
  setUp();
  step('set up');
});
