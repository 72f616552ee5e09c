import { useTranslation } from 'react-i18next';
import { IconArrowBackUp, IconExternalLink, IconListDetails, IconMapPin } from '@/shared/ui/icons';
import type { InteractiveDraft } from '../../model/interactive';
import classes from './forms.module.css';

/** The bubble as the phone shows it. */
export function InteractivePreview({ draft }: { draft: InteractiveDraft }) {
  const { t } = useTranslation('compose');
  const framed = draft.kind !== 'location_request';
  return (
    <div className={classes.phone} data-testid="interactive-preview">
      <div className={classes.bubble}>
        {framed && draft.header.trim() && <strong dir="auto">{draft.header}</strong>}
        <p dir="auto" data-empty={!draft.text.trim() || undefined}>
          {draft.text.trim() || t('interactive.textExample')}
        </p>
        {framed && draft.footer.trim() && <small dir="auto">{draft.footer}</small>}
      </div>
      {draft.kind === 'buttons' &&
        draft.buttons.map((button, at) => (
          <span key={button.id} className={classes.press}>
            <IconArrowBackUp size={15} stroke={1.7} aria-hidden="true" />
            <bdi>{button.title.trim() || t('interactive.button', { number: at + 1 })}</bdi>
          </span>
        ))}
      {draft.kind === 'list' && (
        <>
          <span className={classes.press}>
            <IconListDetails size={15} stroke={1.7} aria-hidden="true" />
            <bdi>{draft.opener.trim() || t('interactive.openerExample')}</bdi>
          </span>
          <div className={classes.sheet}>
            {draft.sections.map((section, place) => (
              <section key={section.id}>
                {draft.sections.length > 1 && (
                  <h3 dir="auto">{section.title.trim() || t('interactive.section', { number: place + 1 })}</h3>
                )}
                <ul>
                  {section.rows.map((row, at) => (
                    <li key={row.id}>
                      <bdi>{row.title.trim() || t('interactive.row', { number: at + 1 })}</bdi>
                      {row.description.trim() && <small dir="auto">{row.description}</small>}
                    </li>
                  ))}
                </ul>
              </section>
            ))}
          </div>
        </>
      )}
      {draft.kind === 'cta_url' && (
        <span className={classes.press}>
          <IconExternalLink size={15} stroke={1.7} aria-hidden="true" />
          <bdi>{draft.label.trim() || t('interactive.label')}</bdi>
        </span>
      )}
      {draft.kind === 'location_request' && (
        <span className={classes.press}>
          <IconMapPin size={15} stroke={1.7} aria-hidden="true" />
          {t('interactive.sendLocation')}
        </span>
      )}
    </div>
  );
}
