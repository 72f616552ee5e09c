/** All players of the client share one <audio>: starting one stops the other, and a long thread owns no hundred decoders. */
import { create } from 'zustand';
import { trackAfter } from './following';

export const SPEEDS = [1, 1.5, 2] as const;

interface PlayerState {
  id: string | null;
  playing: boolean;
  position: number;
  duration: number;
  speed: number;
}

const SPEED_KEY = 'invekto.playerSpeed';

/** The speed is a person's, not a recording's: it is kept. */
function keptSpeed(): number {
  const kept = Number(localStorage.getItem(SPEED_KEY));
  return SPEEDS.find((speed) => speed === kept) ?? 1;
}

export const usePlayer = create<PlayerState>(() => ({
  id: null,
  playing: false,
  position: 0,
  duration: 0,
  speed: keptSpeed(),
}));

let element: HTMLAudioElement | null = null;
let onBroken: () => void = () => undefined;

function audio(): HTMLAudioElement {
  if (element) return element;
  element = new Audio();
  const made = element;
  made.preload = 'metadata';
  made.ontimeupdate = () => usePlayer.setState({ position: made.currentTime });
  made.ondurationchange = () => usePlayer.setState({ duration: Number.isFinite(made.duration) ? made.duration : 0 });
  made.onplay = () => usePlayer.setState({ playing: true });
  made.onpause = () => usePlayer.setState({ playing: false });
  made.onended = () => {
    const { id } = usePlayer.getState();
    usePlayer.setState({ playing: false, position: 0 });
    const next = id ? trackAfter(id) : null;
    if (next) togglePlay(next.id, next.url, () => undefined);
  };
  made.onerror = () => {
    usePlayer.setState({ id: null, playing: false });
    onBroken();
  };
  return made;
}

export function togglePlay(id: string, url: string, broken: () => void, from = 0): void {
  const player = audio();
  const state = usePlayer.getState();
  if (state.id === id) {
    if (state.playing) player.pause();
    else void player.play().catch(broken);
    return;
  }
  onBroken = broken;
  usePlayer.setState({ id, position: from, duration: 0 });
  player.src = url;
  if (from > 0) player.currentTime = from;
  player.defaultPlaybackRate = state.speed;
  player.playbackRate = state.speed;
  void player.play().catch((error: unknown) => {
    // Starting another one meanwhile is no fault of this file.
    if (!(error instanceof DOMException && error.name === 'AbortError')) broken();
  });
}

export function seek(id: string, position: number): void {
  if (usePlayer.getState().id !== id) return;
  audio().currentTime = position;
  usePlayer.setState({ position });
}

export function nextSpeed(): void {
  const { speed } = usePlayer.getState();
  const next = SPEEDS[(SPEEDS.indexOf(speed as (typeof SPEEDS)[number]) + 1) % SPEEDS.length] ?? 1;
  audio().defaultPlaybackRate = next;
  audio().playbackRate = next;
  usePlayer.setState({ speed: next });
  localStorage.setItem(SPEED_KEY, String(next));
}

/** `count` bars of 0..1 out of the server's peaks, the loudest of each part. */
export function bars(peaks: number[], count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * peaks.length) / count));
    return Math.max(...peaks.slice(from, to)) / 100;
  });
}
