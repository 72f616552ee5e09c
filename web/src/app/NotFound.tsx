import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '@/shared/ui/states';

export function NotFound() {
  const { t } = useTranslation('app');
  return (
    <main style={{ display: 'grid', blockSize: '100%' }}>
      <h1 className="visually-hidden">{t('notFound.title')}</h1>
      <Empty title={t('notFound.title')} text={t('notFound.text')} action={<Link to="/">{t('notFound.action')}</Link>} />
    </main>
  );
}
