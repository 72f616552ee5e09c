import { Combobox } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type Conversation, TAG_COLORS, type Tag } from '@/shared/api/types';
import { folded, groundOf } from '@/shared/format/text';
import { useCan } from '@/shared/session/session';
import { TagDot } from '@/shared/ui/Chip';
import { IconPlus } from '@/shared/ui/icons';
import '@/shared/ui/mantine-combobox.css';
import { showError } from '@/shared/ui/showError';
import { createTag } from '../api';
import { setTags } from '../model/actions';
import { TAGS_KEY, useTags } from '../model/queries';
import { TagButton } from './TagSection';
import classes from './TagSection.module.css';
import { usePickerBox } from './usePickerBox';

const NEW = 'new';

export default function TagPicker({ row }: { row: Conversation }) {
  const { t } = useTranslation('conversations');
  const queries = useQueryClient();
  const tags = useTags();
  const mayCreate = useCan('tags.manage');
  const { combobox, search, setSearch, wanted } = usePickerBox('tags');
  const held = new Set(row.tags.map((tag) => tag.id));
  const found = (tags.data ?? []).filter((tag) => !held.has(tag.id) && folded(tag.name).includes(wanted));
  const exists = (tags.data ?? []).some((tag) => folded(tag.name) === wanted);

  // A list box without options is none: its place is taken by a sentence.
  const mayMake = mayCreate && wanted !== '' && !exists && tags.isSuccess;
  const none = found.length === 0 && !mayMake;

  const add = (tag: Tag) => setTags(row.id, [...row.tags, tag], t('done.tagged', { name: tag.name }));
  const create = async (name: string) => {
    try {
      const color = TAG_COLORS[groundOf(name) % TAG_COLORS.length] ?? 'grey';
      const tag = await createTag(name, color);
      await queries.invalidateQueries({ queryKey: TAGS_KEY });
      add(tag);
    } catch (error) {
      showError(error);
    }
  };

  return (
    <Combobox
      store={combobox}
      width={240}
      position="bottom-end"
      withinPortal
      onOptionSubmit={(value) => {
        const tag = found.find((candidate) => candidate.id === value);
        if (tag) add(tag);
        else if (value === NEW) void create(search.trim());
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target targetType="button">
        <TagButton empty={row.tags.length === 0} autoFocus onClick={() => combobox.toggleDropdown()} />
      </Combobox.Target>
      <Combobox.Dropdown data-overlay>
        <Combobox.Search
          value={search}
          aria-label={t('tags.search')}
          placeholder={t('tags.search')}
          maxLength={60}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Combobox.Options aria-label={t('tags.add')} mah={260} style={{ overflowY: 'auto' }} hidden={none}>
          {found.map((tag) => (
            <Combobox.Option key={tag.id} value={tag.id} className={classes.option}>
              <TagDot color={tag.color} />
              {tag.name}
            </Combobox.Option>
          ))}
          {mayMake && (
            <Combobox.Option value={NEW} className={classes.option}>
              <IconPlus size={14} stroke={1.8} aria-hidden="true" />
              {t('tags.create', { name: search.trim() })}
            </Combobox.Option>
          )}
        </Combobox.Options>
        {none && <Combobox.Empty>{t('tags.none')}</Combobox.Empty>}
      </Combobox.Dropdown>
    </Combobox>
  );
}
