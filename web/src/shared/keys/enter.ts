/** Does Enter send, or break the line (and Ctrl+Enter send)? Shift+Enter always breaks it. */
const STORAGE_KEY = 'invekto.enter';

export const enterSends = (): boolean => localStorage.getItem(STORAGE_KEY) !== 'breaks';
export const setEnterSends = (sends: boolean): void => localStorage.setItem(STORAGE_KEY, sends ? 'sends' : 'breaks');
