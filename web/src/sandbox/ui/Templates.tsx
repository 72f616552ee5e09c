import { useCallback, useEffect, useState } from 'react';
import { api } from '../api';
import { type Key, useT } from '../i18n';
import { IconTemplate } from '../icons';
import { guarded, usePage } from '../store';
import { list, text } from '../thread';
import type { Template } from '../types';
import { Marked } from './Marked';
import classes from './Templates.module.css';

const TONES: Record<string, string> = { APPROVED: 'green', REJECTED: 'red', DISABLED: 'red', PAUSED: 'amber', PENDING: 'amber' };
const REASONS = ['PROMOTIONAL', 'INCORRECT_CATEGORY', 'INVALID_FORMAT', 'TAG_CONTENT_MISMATCH', 'ABUSIVE_CONTENT', 'SCAM'];
const QUALITIES = ['UNKNOWN', 'GREEN', 'YELLOW', 'RED'];
const CATEGORIES = ['UTILITY', 'MARKETING', 'AUTHENTICATION'];
const KNOWN = [
  'APPROVED',
  'PENDING',
  'REJECTED',
  'PAUSED',
  'DISABLED',
  'IN_APPEAL',
  'ARCHIVED',
  'FLAGGED',
  'LIMIT_EXCEEDED',
  'PENDING_DELETION',
];

/** What the provider's reviewers do with the business's templates; each change is told by its webhook. */
export function Templates() {
  const t = useT();
  const number = usePage((page) => page.number);
  const turn = usePage((page) => page.templatesTurn);
  const [templates, setTemplates] = useState<Template[] | null>(null);
  const [open, setOpen] = useState<string | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` counts what the sandbox told about templates
  useEffect(() => {
    if (!number) return;
    let here = true;
    void guarded(async () => {
      const found = await api.templates(number);
      if (here) setTemplates(found.items);
    });
    return () => {
      here = false;
    };
  }, [number, turn]);

  return (
    <div className={classes.templates}>
      <h2 id="templates-title">{t('templates')}</h2>
      <Review />
      {templates?.length === 0 && (
        <div className={classes.empty}>
          <IconTemplate size={28} stroke={1.3} aria-hidden="true" />
          <h3>{t('noTemplatesTitle')}</h3>
          <p>{t('noTemplatesText')}</p>
        </div>
      )}
      <ul aria-busy={templates === null}>
        {templates?.map((one) => (
          <li key={one.id} data-open={open === one.id || undefined}>
            <button
              type="button"
              className={classes.row}
              data-testid="template-row"
              aria-expanded={open === one.id}
              onClick={() => setOpen(open === one.id ? null : one.id)}
            >
              <span className={classes.name}>
                <b>{one.name}</b>
                <small>
                  {one.language} · {t(`category_${one.category}` as Key)} · {t(`quality_${one.quality_score.score}` as Key)}
                </small>
              </span>
              <span className="chip" data-tone={TONES[one.status] ?? 'grey'}>
                {KNOWN.includes(one.status) ? t(`template_${one.status}` as Key) : one.status}
              </span>
            </button>
            {open === one.id && <Details template={one} />}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Details({ template }: { template: Template }) {
  const t = useT();
  const [reason, setReason] = useState(REASONS[0] ?? '');
  const change = (wish: object) => void guarded(() => api.judge(template.id, wish));
  const part = (type: string) => list(template.components).find((one) => text(one.type).toUpperCase() === type);
  return (
    <div className={classes.details}>
      <div className={classes.preview}>
        {text(part('HEADER')?.text) && <b>{text(part('HEADER')?.text)}</b>}
        <Marked>{text(part('BODY')?.text)}</Marked>
        {text(part('FOOTER')?.text) && <small>{text(part('FOOTER')?.text)}</small>}
      </div>
      {template.status === 'REJECTED' && template.rejected_reason !== 'NONE' && (
        <p>{t('rejectedBecause', { reason: reasonText(t, template.rejected_reason) })}</p>
      )}
      <div className={classes.actions}>
        <button
          type="button"
          className="button"
          disabled={template.status === 'APPROVED'}
          data-testid="template-approve"
          onClick={() => change({ status: 'APPROVED' })}
        >
          {t('approve')}
        </button>
        <button
          type="button"
          className="button"
          disabled={template.status === 'PAUSED'}
          data-testid="template-pause"
          onClick={() => change({ status: 'PAUSED' })}
        >
          {t('pause')}
        </button>
        <button
          type="button"
          className="button"
          data-look="danger"
          data-testid="template-reject"
          onClick={() => change({ status: 'REJECTED', reason })}
        >
          {t('reject')}
        </button>
        <Choice label={t('reason')} value={reason} values={REASONS} shown={(one) => reasonText(t, one)} onChange={setReason} />
      </div>
      <div className={classes.actions}>
        <Choice
          label={t('quality')}
          value={template.quality_score.score}
          values={QUALITIES}
          shown={(one) => t(`quality_${one}` as Key)}
          onChange={(quality) => change({ quality })}
        />
        <Choice
          label={t('category')}
          value={template.category}
          values={CATEGORIES}
          shown={(one) => t(`category_${one}` as Key)}
          onChange={(category) => change({ category })}
        />
      </div>
    </div>
  );
}

const reasonText = (t: ReturnType<typeof useT>, reason: string) =>
  REASONS.includes(reason) ? t(`reason_${reason}` as Key) : reason;

interface ChoiceProps {
  label: string;
  value: string;
  values: string[];
  shown: (value: string) => string;
  onChange: (value: string) => void;
}

function Choice({ label, value, values, shown, onChange }: ChoiceProps) {
  return (
    <label className={classes.choice}>
      {label}
      <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {values.map((one) => (
          <option key={one} value={one}>
            {shown(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

const BY_HAND_S = 30 * 86_400;
const SOON_S = 1;

/** How what is submitted from now on is judged. */
function Review() {
  const t = useT();
  const ready = usePage((page) => page.phase === 'ready');
  const [rule, setRule] = useState<string | null>(null);
  const take = useCallback(
    (found: { after_s: number; verdict: { status: string } }) =>
      setRule(found.after_s >= BY_HAND_S ? 'hand' : found.verdict.status === 'REJECTED' ? 'reject' : 'approve'),
    [],
  );
  useEffect(() => {
    if (ready) void guarded(async () => take(await api.review()));
  }, [ready, take]);
  if (rule === null) return null;
  const change = (wish: string) => {
    const verdict = wish === 'reject' ? { status: 'REJECTED', reason: 'INVALID_FORMAT' } : { status: 'APPROVED' };
    void guarded(async () => take(await api.setReview(wish === 'hand' ? BY_HAND_S : SOON_S, verdict)));
  };
  return (
    <Choice
      label={t('reviewRule')}
      value={rule}
      values={['approve', 'reject', 'hand']}
      shown={(one) => t(`review_${one}` as Key)}
      onChange={change}
    />
  );
}
