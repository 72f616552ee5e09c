/**
 * For the `ref` of a picture or film: React makes elements before it puts them on the page, and one whose code came late may
 * have failed in between. Its event is lost then, so whoever waits for it is told when the element arrives.
 */
export const failedBefore =
  (onBroken: () => void) =>
  (element: HTMLImageElement | HTMLVideoElement | null): void => {
    if (!element) return;
    const broken =
      element instanceof HTMLImageElement
        ? element.complete && element.naturalWidth === 0 && element.getAttribute('src') !== null
        : element.error !== null && element.error !== undefined;
    if (broken) onBroken();
  };
