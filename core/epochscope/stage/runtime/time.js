/** Waiting. */

/**
 * Waits, at most until `signal` says stop.
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export const pause = (ms, signal) =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    const stop = () => {
      clearTimeout(timer);
      done();
    };
    signal?.addEventListener("abort", stop, { once: true });
  });

/** Waits until the next picture is on the screen; so it stops while the page is hidden. @returns {Promise<void>} */
export const nextPaint = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
