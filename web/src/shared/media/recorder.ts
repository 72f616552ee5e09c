/** Records from the microphone: its levels, pauses, and the clip at the end. One recording per object. */
import type { Clip } from './clips';
import { asVoiceNote, VOICE_WISHES } from './voiceNote';

const LEVEL_EVERY_MS = 100;

export type MicrophoneTrouble = 'refused' | 'missing' | 'busy' | 'failed';

/** Why there is no recording, from what `getUserMedia` throws. */
export function troubleOf(error: unknown): MicrophoneTrouble {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'failed';
}

export class Recording {
  readonly levels: number[] = [];
  private readonly parts: Blob[] = [];
  private readonly ended: Promise<void>;
  private readonly context = new AudioContext();
  private timer: ReturnType<typeof setInterval> | undefined;
  private heard = 0;
  private since = performance.now();

  /** Throws what `getUserMedia` throws when the microphone is refused or missing. */
  static async start(onLevel: () => void): Promise<Recording> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
    const mimeType = VOICE_WISHES.find((type) => MediaRecorder.isTypeSupported(type));
    return new Recording(stream, new MediaRecorder(stream, mimeType ? { mimeType } : {}), onLevel);
  }

  private constructor(
    private readonly stream: MediaStream,
    private readonly recorder: MediaRecorder,
    onLevel: () => void,
  ) {
    recorder.ondataavailable = (event) => this.parts.push(event.data);
    this.ended = new Promise((resolve) => {
      recorder.onstop = () => resolve();
    });
    const analyser = this.context.createAnalyser();
    // A window about as long as the pause between two looks: a short word is not missed.
    analyser.fftSize = 4096;
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      if (recorder.state !== 'recording') return;
      analyser.getFloatTimeDomainData(samples);
      this.levels.push(loudness(samples));
      onLevel();
    }, LEVEL_EVERY_MS);
    recorder.start();
  }

  /** Seconds recorded so far, pauses left out. */
  get seconds(): number {
    return (this.heard + (this.recorder.state === 'recording' ? performance.now() - this.since : 0)) / 1000;
  }

  pause(): void {
    if (this.recorder.state !== 'recording') return;
    this.heard += performance.now() - this.since;
    this.recorder.pause();
  }

  resume(): void {
    if (this.recorder.state !== 'paused') return;
    this.since = performance.now();
    this.recorder.resume();
  }

  /** Ends it and lets the microphone go. */
  async stop(): Promise<Clip> {
    const duration = this.seconds;
    if (this.recorder.state !== 'inactive') this.recorder.stop();
    await this.ended;
    this.release();
    const blob = await asVoiceNote(new Blob(this.parts, { type: this.recorder.mimeType }));
    return { blob, duration, levels: this.levels };
  }

  cancel(): void {
    if (this.recorder.state !== 'inactive') this.recorder.stop();
    this.release();
  }

  private release(): void {
    clearInterval(this.timer);
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context.state !== 'closed') void this.context.close();
  }
}

/** Root mean square, stretched so that speech fills the scale. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.min(1, Math.sqrt(sum / Math.max(1, samples.length)) * 4);
}

/** So many bars of any number of levels: the loudest of each share; fewer levels than bars leave the end quiet. */
export function barsOf(levels: readonly number[], count: number): number[] {
  if (levels.length <= count) return [...levels, ...Array<number>(count - levels.length).fill(0)];
  return Array.from({ length: count }, (_, at) =>
    Math.max(...levels.slice(Math.floor((at * levels.length) / count), Math.floor(((at + 1) * levels.length) / count))),
  );
}
