import { Menu } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconId, IconListDetails, IconMapPin, IconPaperclip } from '@/shared/ui/icons';
import '@/shared/ui/mantine-menu.css';
import '../../composeTexts';
import { AttachButton } from './AttachControl';
import type { Extra } from './extras';

const ICONS = { location: IconMapPin, contacts: IconId, interactive: IconListDetails };

interface Props {
  /** What the channel takes besides files. */
  extras: Extra[];
  onFiles: () => void;
  onExtra: (extra: Extra) => void;
}

export default function AttachMenu({ extras, onFiles, onExtra }: Props) {
  const { t } = useTranslation('compose');
  const [opened, setOpened] = useState(true);
  return (
    <Menu
      withInitialFocusPlaceholder={false}
      opened={opened}
      onChange={setOpened}
      position="top-start"
      width={230}
      withinPortal
      returnFocus
    >
      <Menu.Target>
        <AttachButton autoFocus />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPaperclip size={18} stroke={1.5} aria-hidden="true" />} onClick={onFiles}>
          {t('attach.files')}
        </Menu.Item>
        {extras.map((extra) => {
          const Icon = ICONS[extra];
          return (
            <Menu.Item
              key={extra}
              leftSection={<Icon size={18} stroke={1.5} aria-hidden="true" />}
              data-testid={`attach-${extra}`}
              onClick={() => onExtra(extra)}
            >
              {t(`attach.${extra}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
