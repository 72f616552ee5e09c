import { type FormEvent, useState } from 'react';
import { phoneText } from '@/shared/format/text';
import { Avatar } from '@/shared/ui/Avatar';
import { ChannelMark } from '@/shared/ui/ChannelMark';
import { api } from '../api';
import { type Key, type Translate, useT } from '../i18n';
import { IconSearch, IconUserPlus, IconUsers } from '../icons';
import { chooseNumber, guarded, putCustomer, search, select, showMore, usePage } from '../store';
import type { Customer } from '../types';
import { Crowd } from './Crowd';
import classes from './Customers.module.css';
import { Scenarios } from './Scenarios';

export const PREVIEWS: Record<string, Key> = {
  image: 'preview_image',
  video: 'preview_video',
  audio: 'preview_audio',
  document: 'preview_document',
  sticker: 'preview_sticker',
  location: 'preview_location',
  contacts: 'preview_contacts',
  interactive: 'preview_interactive',
  template: 'preview_template',
};
const SEARCH_FROM = 12;

export function Customers() {
  const t = useT();
  const { phase, customers, total, query, selected } = usePage();
  const [adding, setAdding] = useState(false);

  return (
    <div className={classes.column}>
      <Business />
      <div className={classes.head}>
        <h2>{t('customers')}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label={t('addCustomer')}
          title={t('addCustomer')}
          aria-expanded={adding}
          data-testid="add-customer"
          onClick={() => setAdding(!adding)}
        >
          <IconUserPlus size={18} stroke={1.5} aria-hidden="true" />
        </button>
      </div>
      {adding && <AddCustomer onDone={() => setAdding(false)} />}
      {(total > SEARCH_FROM || query) && (
        <label className={classes.search}>
          <IconSearch size={16} stroke={1.5} aria-hidden="true" />
          <input
            type="search"
            value={query}
            placeholder={t('searchCustomers')}
            aria-label={t('searchCustomers')}
            onChange={(event) => search(event.target.value)}
          />
        </label>
      )}
      <div className={classes.scroll}>
        {phase === 'loading' ? (
          <Skeleton />
        ) : customers.length === 0 ? (
          <Empty query={query} onAdd={() => setAdding(true)} />
        ) : (
          <ul className={classes.list}>
            {customers.map((one) => (
              <li key={one.id}>
                <Row customer={one} selected={one.id === selected} />
              </li>
            ))}
          </ul>
        )}
        {customers.length < total && (
          <button type="button" className={`button ${classes.more}`} data-look="link" onClick={showMore}>
            {t('showMore')}
          </button>
        )}
      </div>
      <Scenarios />
      <Crowd />
    </div>
  );
}

function Business() {
  const t = useT();
  const { numbers, number } = usePage();
  const chosen = numbers.find((one) => one.phone_number_id === number);
  return (
    <div className={classes.business}>
      <ChannelMark kind="whatsapp_cloud" size={36} />
      <div className={classes.numbers}>
        <select value={number} aria-label={t('business')} onChange={(event) => chooseNumber(event.target.value)}>
          {numbers.map((one) => (
            <option key={one.phone_number_id} value={one.phone_number_id}>
              {one.name}
            </option>
          ))}
        </select>
        <span>
          WhatsApp · <bdi dir="ltr">{chosen?.display_phone_number}</bdi>
        </span>
      </div>
    </div>
  );
}

function Row({ customer, selected }: { customer: Customer; selected: boolean }) {
  const t = useT();
  return (
    <button
      type="button"
      className={classes.row}
      data-testid="customer-row"
      data-customer={customer.id}
      aria-current={selected ? 'true' : undefined}
      onClick={() => select(customer.id)}
    >
      <Avatar
        id={String(customer.id)}
        name={customer.name}
        size={40}
        channelKind="whatsapp_cloud"
        ground={selected ? 'var(--accs)' : 'var(--surface)'}
      />
      <span className={classes.words}>
        <span className={classes.name} data-unread={customer.unread > 0 || undefined}>
          <bdi>{nameOf(customer)}</bdi>
        </span>
        <span className={classes.preview} data-unread={customer.unread > 0 || undefined}>
          <Preview customer={customer} t={t} />
        </span>
      </span>
      {customer.unread > 0 && (
        <span className={classes.unread}>
          <span aria-hidden="true">{customer.unread}</span>
          <span className="visually-hidden">{t('unread', { n: customer.unread })}</span>
        </span>
      )}
    </button>
  );
}

export function nameOf(customer: Customer): string {
  const digits = customer.name.replace(/^\+/, '');
  return digits === customer.phone ? phoneText(customer.phone) : customer.name;
}

/** An Arabic text is cut at its own end, whatever the page's direction. */
function Preview({ customer, t }: { customer: Customer; t: Translate }) {
  if (customer.preview_type === null) {
    const address = customer.phone ? phoneText(customer.phone) : customer.username ? `@${customer.username}` : t('notWritten');
    return <bdi dir="ltr">{address}</bdi>;
  }
  return (
    <>
      {customer.preview_direction === 'customer' && <span>{t('you')}</span>}
      <bdi>{customer.preview || t(PREVIEWS[customer.preview_type] ?? 'preview_other')}</bdi>
    </>
  );
}

function AddCustomer({ onDone }: { onDone: () => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const [busy, setBusy] = useState(false);

  const add = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const { number } = usePage.getState();
    const went = await guarded(async () => {
      const made = await api.addCustomer({ number, name, ...(phone.trim() ? { phone } : { username: usernameOf(name) }) });
      putCustomer(made);
      select(made.id);
    });
    setBusy(false);
    if (went) onDone();
  };

  return (
    <form className={classes.form} onSubmit={add}>
      <label className="field">
        {t('name')}
        {/* biome-ignore lint/a11y/noAutofocus: the form opens at the person's own click */}
        <input className="input" required autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="field">
        {t('phone')}
        <input
          className="input"
          type="tel"
          inputMode="tel"
          placeholder="+90 555 010 44 18"
          value={phone}
          aria-describedby="phone-help"
          onChange={(event) => setPhone(event.target.value)}
        />
      </label>
      <small id="phone-help" className={classes.help}>
        {t('phoneHelp')}
      </small>
      <div className={classes.answers}>
        <button type="button" className="button" data-look="ghost" onClick={onDone}>
          {t('cancel')}
        </button>
        <button type="submit" className="button" data-look="primary" disabled={busy}>
          {t('add')}
        </button>
      </div>
    </form>
  );
}

/** `Ayşegül Doğan` -> `aysegul.dogan`, as people call themselves. */
function usernameOf(name: string): string {
  const plain = name.toLocaleLowerCase('tr').replaceAll('ı', 'i').normalize('NFD').replace(/\p{M}/gu, '');
  return plain.replace(/[^a-z0-9]+/g, '.').replace(/^\.|\.$/g, '') || 'user';
}

function Empty({ query, onAdd }: { query: string; onAdd: () => void }) {
  const t = useT();
  const number = usePage((page) => page.number);
  if (query) return <p className={classes.noMatch}>{t('noMatch', { query })}</p>;
  const samples = () =>
    guarded(async () => {
      const found = await api.addSamples(number);
      usePage.setState({ customers: found.items, total: found.total });
    });
  return (
    <div className={classes.empty}>
      <IconUsers size={28} stroke={1.3} aria-hidden="true" />
      <h3>{t('noCustomersTitle')}</h3>
      <p>{t('noCustomersText')}</p>
      <button type="button" className="button" data-look="primary" onClick={samples}>
        {t('addSamples')}
      </button>
      <button type="button" className="button" data-look="link" onClick={onAdd}>
        {t('addCustomer')}
      </button>
    </div>
  );
}

function Skeleton() {
  return (
    <div aria-hidden="true">
      {[0, 1, 2, 3, 4].map((index) => (
        <div key={index} className={classes.skeleton}>
          <span />
          <i />
        </div>
      ))}
    </div>
  );
}
