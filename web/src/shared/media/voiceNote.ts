/** A recording as WhatsApp wants a voice note: Opus in an Ogg container, where the browser records Opus. */

export const VOICE_WISHES = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4'];
const OGG_OPUS = 'audio/ogg; codecs=opus';

/** WebM and Ogg both carry Opus, so its packets are only put into the other container. Other kinds go as they are. */
export async function asVoiceNote(clip: Blob): Promise<Blob> {
  if (clip.type.startsWith('audio/ogg')) return new Blob([clip], { type: OGG_OPUS });
  if (!clip.type.startsWith('audio/webm')) return new Blob([clip], { type: clip.type.split(';')[0] ?? '' });
  const { BlobSource, BufferTarget, Conversion, Input, OggOutputFormat, Output, WEBM } = await import('mediabunny');
  const target = new BufferTarget();
  const conversion = await Conversion.init({
    input: new Input({ source: new BlobSource(clip), formats: [WEBM] }),
    output: new Output({ format: new OggOutputFormat(), target }),
  });
  await conversion.execute();
  if (!target.buffer) throw new Error('the clip could not be put into an Ogg container');
  return new Blob([target.buffer], { type: OGG_OPUS });
}

export const voiceExtension = (mime: string): string =>
  mime.startsWith('audio/ogg') ? 'ogg' : mime.startsWith('audio/mp4') ? 'm4a' : 'bin';
