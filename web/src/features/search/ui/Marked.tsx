import type { Ranges } from '../api';
import { partsOf } from '../model/marked';
import classes from './Hits.module.css';

/** A text with what was found in it marked. */
export function Marked({ text, ranges }: { text: string; ranges: Ranges }) {
  return (
    <bdi>
      {partsOf(text, ranges).map((part) =>
        part.found ? (
          <mark key={part.at} className={classes.mark}>
            {part.text}
          </mark>
        ) : (
          <span key={part.at}>{part.text}</span>
        ),
      )}
    </bdi>
  );
}
