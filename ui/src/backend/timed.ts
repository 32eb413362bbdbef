import { tick } from 'svelte';

/** Does the work. Gives the time (ms) that the page spends on it: on its elements, and on the frame that shows
    them. Waiting for that frame does not count. */
export async function timed(work: () => void): Promise<number> {
  const began = performance.now();
  work();
  await tick();
  const changed = performance.now() - began;
  const frame = await new Promise<number>(requestAnimationFrame);
  await painted();
  return changed + performance.now() - frame;
}

/** A message comes in after the frame that is being made. */
function painted(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((done) => {
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}
