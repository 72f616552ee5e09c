import { type ComponentProps, type ReactNode, Suspense } from 'react';
import { readContext } from '@/shared/api/payloads';
import type { Attachment, Message } from '@/shared/api/types';
import { lazyPart } from '@/shared/ui/lazyPart';
import classes from './content.module.css';
import { TextBody } from './TextBody';

const load = () => import('./Rich');
const Rich = lazyPart(load);
const Media = lazyPart(async () => ({ default: (await load()).MediaBody }));
const Activity = lazyPart(async () => ({ default: (await load()).Activity }));
const Failed = lazyPart(async () => ({ default: (await load()).FailedNote }));
const FailedPending = lazyPart(async () => ({ default: (await load()).FailedActions }));
const Unknown = lazyPart(async () => ({ default: (await load()).UnknownNote }));
const Given = lazyPart(async () => ({ default: (await load()).Reactions }));
const TakenBack = lazyPart(async () => ({ default: (await load()).Revoked }));
const Acts = lazyPart(async () => ({ default: (await load()).Actions }));
const Passed = lazyPart(async () => ({ default: (await load()).Forwarded }));
const Voice = lazyPart(async () => ({ default: (await load()).Announcer }));
const AlbumBody = lazyPart(async () => ({ default: (await load()).Album }));

/** Fetches the code of what is more than words before a thread needs it. */
export const preloadContent = (): void => void load();

/** What a message shows, by its type. Words need no further code. */
export function Content({ message, meta }: { message: Message; meta: ReactNode }) {
  const words = message.type === 'text' || message.type === 'note';
  const { referral, product } = readContext(message.context);
  if (words && !referral && !product) return <TextBody text={message.text ?? ''} meta={meta} />;
  return (
    <Suspense fallback={<div className={classes.coming}>{meta}</div>}>
      <Rich message={message} meta={meta} />
    </Suspense>
  );
}

export function AlbumContent(props: { messages: Message[]; meta: (message: Message) => ReactNode }) {
  return (
    <Suspense fallback={<div className={classes.comingAlbum} />}>
      <AlbumBody {...props} />
    </Suspense>
  );
}

/** A file that is still on its way to the server. */
export function PendingContent(props: { attachments: Attachment[]; caption: string | null; meta: ReactNode }) {
  return (
    <Suspense fallback={<div className={classes.coming}>{props.meta}</div>}>
      <Media {...props} />
    </Suspense>
  );
}

/** What stands below or between bubbles; it is part of the same code. */
export const ActivityLine = (props: ComponentProps<typeof Activity>) => (
  <Suspense fallback={<div className={classes.comingLine} />}>
    <Activity {...props} />
  </Suspense>
);
export const FailedNote = (props: ComponentProps<typeof Failed>) => (
  <Suspense fallback={<div className={classes.comingLine} />}>
    <Failed {...props} />
  </Suspense>
);
export const FailedActions = (props: ComponentProps<typeof FailedPending>) => (
  <Suspense fallback={<div className={classes.comingLine} />}>
    <FailedPending {...props} />
  </Suspense>
);
export const UnknownNote = (props: ComponentProps<typeof Unknown>) => (
  <Suspense fallback={<div className={classes.comingLine} />}>
    <Unknown {...props} />
  </Suspense>
);

export const Reactions = (props: ComponentProps<typeof Given>) => (
  <Suspense fallback={null}>
    <Given {...props} />
  </Suspense>
);
export const Revoked = (props: ComponentProps<typeof TakenBack>) => (
  <Suspense fallback={<div className={classes.coming}>{props.meta}</div>}>
    <TakenBack {...props} />
  </Suspense>
);

export const Actions = (props: ComponentProps<typeof Acts>) => (
  <Suspense fallback={null}>
    <Acts {...props} />
  </Suspense>
);

export const Forwarded = (props: ComponentProps<typeof Passed>) => (
  <Suspense fallback={null}>
    <Passed {...props} />
  </Suspense>
);

export const Announcer = (props: ComponentProps<typeof Voice>) => (
  <Suspense fallback={null}>
    <Voice {...props} />
  </Suspense>
);
