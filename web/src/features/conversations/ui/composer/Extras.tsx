import type { Capabilities, Conversation } from '@/shared/api/types';
import { sendCards, sendControls, sendPlace } from '../../model/sendingOther';
import CardDialog from './CardDialog';
import type { Extra } from './extras';
import InteractiveDialog from './InteractiveDialog';
import LocationDialog from './LocationDialog';

interface Props {
  extra: Extra;
  row: Conversation;
  capabilities: Capabilities | undefined;
  /** What is written in the composer; given away with `onTaken`. */
  text: string;
  onTaken: () => void;
  onClose: () => void;
}

/** The editor of what goes out besides words and files. Sending closes it. */
export default function Extras({ extra, row, capabilities, text, onTaken, onClose }: Props) {
  if (extra === 'location') {
    return (
      <LocationDialog
        onClose={onClose}
        onSend={(place) => {
          sendPlace(row.id, place);
          onClose();
        }}
      />
    );
  }
  if (extra === 'contacts') {
    return (
      <CardDialog
        most={capabilities?.contacts_max ?? 1}
        onClose={onClose}
        onSend={(cards) => {
          sendCards(row.id, cards);
          onClose();
        }}
      />
    );
  }
  const rule = capabilities?.interactive;
  if (!rule) return null;
  return (
    <InteractiveDialog
      rule={rule}
      text={text}
      onClose={onClose}
      onSend={(words, controls) => {
        sendControls(row.id, words, controls);
        if (text) onTaken();
        onClose();
      }}
    />
  );
}
