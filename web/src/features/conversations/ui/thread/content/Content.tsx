import { type ComponentType, type ReactNode, Suspense } from 'react';
import { readContext } from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import { lazyPart } from '@/shared/ui/lazyPart';
import classes from './content.module.css';
import { TextBody } from './TextBody';

const load = () => import('./Rich');

/** Fetches the code of what is more than words before a thread needs it. */
export const preloadContent = (): void => void load();

type Parts = Awaited<ReturnType<typeof load>>;

/** A part of that code, and what keeps its place until it is here. */
function part<P extends object>(pick: (parts: Parts) => ComponentType<P>, fallback: (props: P) => ReactNode = () => null) {
  const Part = lazyPart(async () => ({ default: pick(await load()) }));
  return (props: P) => (
    <Suspense fallback={fallback(props)}>
      <Part {...props} />
    </Suspense>
  );
}

const bubble = ({ meta }: { meta?: ReactNode }) => <div className={classes.coming}>{meta}</div>;
const line = () => <div className={classes.comingLine} />;

const Rich = part((all) => all.default, bubble);
export const AlbumContent = part(
  (all) => all.Album,
  () => <div className={classes.comingAlbum} />,
);
/** A file that is still on its way to the server. */
export const PendingContent = part((all) => all.MediaBody, bubble);
/** A message that the server has not confirmed. */
export const PendingLine = part((all) => all.PendingLine, line);

/** What stands below or between bubbles; it is part of the same code. */
export const ActivityLine = part((all) => all.Activity, line);
export const FailedNote = part((all) => all.FailedNote, line);
export const FailedActions = part((all) => all.FailedActions, line);
export const UnknownNote = part((all) => all.UnknownNote, line);

export const Reactions = part((all) => all.Reactions);
export const Revoked = part((all) => all.Revoked, bubble);
export const Actions = part((all) => all.Actions);
export const Forwarded = part((all) => all.Forwarded);
export const Announcer = part((all) => all.Announcer);

/** What a message shows, by its type. Words need no further code. */
export function Content({ message, meta }: { message: Message; meta: ReactNode }) {
  const words = message.type === 'text' || message.type === 'note';
  const { referral, product } = readContext(message.context);
  if (words && !referral && !product) return <TextBody text={message.text ?? ''} meta={meta} />;
  return <Rich message={message} meta={meta} />;
}
