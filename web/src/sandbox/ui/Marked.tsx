import type { ReactNode } from 'react';
import { type Piece, readMarks } from '@/shared/format/marks';
import classes from './Bubble.module.css';

/** The first letter decides, as for `dir="auto"`. By CSS alone it cannot be told: the build makes languages of `:dir`. */
const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;

/** A text with WhatsApp's marks (*bold*, _italic_, ~strike~, ```mono```) and addresses drawn. */
export function Marked({ children }: { children: string }) {
  return (
    <p className={classes.words} dir="auto" data-rtl={RIGHT_TO_LEFT.test(children) || undefined}>
      {drawn(readMarks(children))}
    </p>
  );
}

function drawn(pieces: Piece[]): ReactNode[] {
  return pieces.map((piece, index) => {
    const key = `${piece.kind}-${index}`;
    switch (piece.kind) {
      case 'text':
        return piece.text;
      case 'mono':
        return <code key={key}>{piece.text}</code>;
      case 'link':
        return (
          <a key={key} href={piece.href} target="_blank" rel="noreferrer">
            {piece.text}
          </a>
        );
      case 'bold':
        return <strong key={key}>{drawn(piece.pieces)}</strong>;
      case 'italic':
        return <em key={key}>{drawn(piece.pieces)}</em>;
      case 'strike':
        return <s key={key}>{drawn(piece.pieces)}</s>;
      default:
        return piece satisfies never;
    }
  });
}
