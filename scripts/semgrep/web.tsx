// Samples for web.yml: read by `make check`, never built.
export function shows(element: HTMLElement, text: string) {
  // ruleid: markup-from-text
  element.innerHTML = text;
  // ok: markup-from-text
  element.textContent = text;
}

// ruleid: markup-from-text
export const Bad = ({ text }: { text: string }) => <p dangerouslySetInnerHTML={{ __html: text }} />;
// ok: markup-from-text
export const Good = ({ text }: { text: string }) => <p>{text}</p>;

// ruleid: window-without-noopener
export const BadLink = ({ to }: { to: string }) => <a href={to} target="_blank">x</a>;
// ok: window-without-noopener
export const GoodLink = ({ to }: { to: string }) => <a href={to} target="_blank" rel="noopener noreferrer">x</a>;

export function runs(text: string, later: () => void) {
  // ruleid: text-that-runs
  eval(text);
  // ruleid: text-that-runs
  new Function(text);
  // ok: text-that-runs
  setTimeout(later, 10);
}

export function keeps(token: string, draft: string) {
  // ruleid: secret-in-the-browser
  localStorage.setItem('key', token);
  // ok: secret-in-the-browser
  localStorage.setItem('draft', draft);
}

export function tells(other: Window, data: unknown) {
  // ruleid: message-to-anybody
  other.postMessage(data, '*');
  // ok: message-to-anybody
  other.postMessage(data, location.origin);
}
