import { useTranslation } from 'react-i18next';
import { Chip } from '@/shared/ui/Chip';
import { IconAlertTriangle, IconChecks } from '@/shared/ui/icons';

const KNOWN = { GREEN: 'green', YELLOW: 'amber', RED: 'red' } as const;

/** How customers take it, by WhatsApp's count of blocks and reports; nothing while it has no opinion. */
export function Quality({ quality }: { quality: string | null }) {
  const { t } = useTranslation('templates');
  const grade = quality?.toUpperCase() as keyof typeof KNOWN;
  const tone = KNOWN[grade];
  if (!tone) return null;
  const Icon = grade === 'GREEN' ? IconChecks : IconAlertTriangle;
  return (
    <span data-tip={t('quality.tip')}>
      <Chip tone={tone} icon={<Icon size={13} stroke={1.8} aria-hidden="true" />}>
        {t(`quality.${grade}`)}
      </Chip>
    </span>
  );
}
