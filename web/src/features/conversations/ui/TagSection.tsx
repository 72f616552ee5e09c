import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '@/shared/api/types';
import { TagDot } from '@/shared/ui/Chip';
import { deferred } from '@/shared/ui/deferred';
import { IconPlus, IconX } from '@/shared/ui/icons';
import { setTags } from '../model/actions';
import { setPicker, useClosesWithMe, usePickers } from '../model/pickers';
import classes from './TagSection.module.css';

const TagPicker = deferred(() => import('./TagPicker'));

/** Tags of the open conversation: chips that can be taken off, and a picker that also makes new ones. */
export function TagSection({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const wanted = usePickers((state) => state.open === 'tags');
  useClosesWithMe('tags');
  return (
    <div className={classes.tags}>
      {row.tags.map((tag) => (
        <span key={tag.id} className={classes.tag}>
          <TagDot color={tag.color} />
          <span dir="auto">{tag.name}</span>
          <button
            type="button"
            aria-label={t('tags.remove', { name: tag.name })}
            onClick={() =>
              setTags(
                row.id,
                row.tags.filter((held) => held.id !== tag.id),
                t('done.untagged', { name: tag.name }),
              )
            }
          >
            <IconX size={12} stroke={2} aria-hidden="true" />
          </button>
        </span>
      ))}
      <TagPicker
        wanted={wanted}
        onOpen={() => setPicker('tags', true)}
        props={{ row }}
        button={(handlers) => <TagButton empty={row.tags.length === 0} {...handlers} />}
      />
    </div>
  );
}

export function TagButton({ empty, ...rest }: { empty: boolean } & ComponentProps<'button'>) {
  const { t } = useTranslation('conversations');
  return (
    <button
      type="button"
      aria-haspopup="listbox"
      {...rest}
      className={classes.add}
      data-testid="tag-add"
      aria-label={t('tags.add')}
    >
      <IconPlus size={14} stroke={1.8} aria-hidden="true" />
      {empty && <span>{t('tags.add')}</span>}
    </button>
  );
}
