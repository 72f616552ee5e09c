import { Button } from '@/shared/ui/Button';
import { IconPlus } from '@/shared/ui/icons';
import classes from './forms.module.css';

interface Props {
  label: string;
  full: boolean;
  /** Said in the button's place when no more fit; null says nothing. */
  why: string | null;
  onAdd: () => void;
}

/** One more of what is listed above it. */
export function AddButton({ label, full, why, onAdd }: Props) {
  if (full) return why && <p className={classes.help}>{why}</p>;
  return (
    <Button
      look="ghost"
      size="small"
      className={classes.startButton}
      icon={<IconPlus size={14} stroke={1.8} aria-hidden="true" />}
      onClick={onAdd}
    >
      {label}
    </Button>
  );
}
