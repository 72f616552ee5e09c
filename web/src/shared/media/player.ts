/** All players of the client share one <audio>: starting one stops the other, and a long thread owns no hundred decoders. */
import { create } from 'zustand';

export const SPEEDS = [1, 1.5, 2] as const;

interface PlayerState {
  id: string | null;
  playing: boolean;
  position: number;
  duration: number;
  speed: number;
}

export const usePlayer = create<PlayerState>(() => ({ id: null, playing: false, position: 0, duration: 0, speed: 1 }));

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
  made.onended = () => usePlayer.setState({ playing: false, position: 0 });
  made.onerror = () => {
    usePlayer.setState({ id: null, playing: false });
    onBroken();
  };
  return made;
}

export function togglePlay(id: string, url: string, broken: () => void): void {
  const player = audio();
  const state = usePlayer.getState();
  if (state.id === id) {
    if (state.playing) player.pause();
    else void player.play().catch(broken);
    return;
  }
  onBroken = broken;
  usePlayer.setState({ id, position: 0, duration: 0 });
  player.src = url;
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
}
