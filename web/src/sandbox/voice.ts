/** Records a voice note and gives it as WhatsApp wants it: Opus in an Ogg container, where the browser can. */

const WISHES = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4'];

export interface Recording {
  stop: () => Promise<Blob>;
  cancel: () => void;
}

/** Throws what getUserMedia throws when the microphone is refused or missing. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const mimeType = WISHES.find((type) => MediaRecorder.isTypeSupported(type));
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

/** WebM and Ogg both carry Opus, so its packets are only put into the other container. Other kinds go as they are. */
async function asVoiceNote(clip: Blob): Promise<Blob> {
  if (clip.type.startsWith('audio/ogg')) return new Blob([clip], { type: 'audio/ogg; codecs=opus' });
  if (!clip.type.startsWith('audio/webm')) return new Blob([clip], { type: clip.type.split(';')[0] ?? '' });
  const { BlobSource, BufferTarget, Conversion, Input, OggOutputFormat, Output, WEBM } = await import('mediabunny');
  const target = new BufferTarget();
  const conversion = await Conversion.init({
    input: new Input({ source: new BlobSource(clip), formats: [WEBM] }),
    output: new Output({ format: new OggOutputFormat(), target }),
  });
  await conversion.execute();
  if (!target.buffer) throw new Error('the clip could not be put into an Ogg container');
  return new Blob([target.buffer], { type: 'audio/ogg; codecs=opus' });
}

export const extensionOf = (mime: string) =>
  mime.startsWith('audio/ogg') ? 'ogg' : mime.startsWith('audio/mp4') ? 'm4a' : 'bin';
