// Runs before the first paint. Keeps to the page what the user chose: 'light', 'dark' or 'auto' (the system's).
(() => {
  let chosen = 'auto';
  try {
    chosen = localStorage.getItem('invekto.theme') || 'auto';
    document.documentElement.lang = localStorage.getItem('invekto.locale') || 'tr';
  } catch {
    // Storage is off in this browser: the system's theme is used.
  }
  const dark = chosen === 'dark' || (chosen === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
