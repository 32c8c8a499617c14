/** What the stage has done so far: for tests and measurements. */
export const stats = { updates: 0, longtasks: 0, answers: 0 };

/** Counts the moments in which the page could not react. */
export function countLongTasks() {
  try {
    const observer = new PerformanceObserver((list) => {
      stats.longtasks += list.getEntries().length;
    });
    observer.observe({ type: "longtask", buffered: false });
  } catch {
    // not all browsers report long tasks
  }
}
