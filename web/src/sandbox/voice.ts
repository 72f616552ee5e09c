/** Records a voice note and gives it as WhatsApp wants it: Opus in an Ogg container, where the browser can. */
import { asVoiceNote, VOICE_WISHES } from '@/shared/media/voiceNote';

export interface Recording {
  stop: () => Promise<Blob>;
  cancel: () => void;
}

/** Throws what getUserMedia throws when the microphone is refused or missing. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const mimeType = VOICE_WISHES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  const parts: Blob[] = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise<void>((resolve) => {
    recorder.onstop = () => resolve();
  });
  const release = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  recorder.start();
  return {
    stop: async () => {
      recorder.stop();
      await ended;
      release();
      return asVoiceNote(new Blob(parts, { type: recorder.mimeType }));
    },
    cancel: () => {
      if (recorder.state !== 'inactive') recorder.stop();
      release();
    },
  };
}
