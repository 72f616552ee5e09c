/** The provider's many words for a template's state, as the few that people need. */

/** What is shown as one state: WhatsApp knows more words than people need. */
const STATES = {
  APPROVED: 'approved',
  REINSTATED: 'approved',
  UNARCHIVED: 'approved',
  FLAGGED: 'flagged',
  PENDING: 'pending',
  IN_APPEAL: 'appeal',
  REJECTED: 'rejected',
  PAUSED: 'paused',
  DISABLED: 'disabled',
  LIMIT_EXCEEDED: 'limited',
  ARCHIVED: 'archived',
  PENDING_DELETION: 'deleting',
  DELETED: 'deleted',
} as const;
export type StateName = (typeof STATES)[keyof typeof STATES];

export const stateOf = (status: string): StateName | null => STATES[status.toUpperCase() as keyof typeof STATES] ?? null;

/** Being judged: nothing can be changed until the answer is there. */
export const isJudged = (status: string): boolean => ['pending', 'appeal', 'deleting'].includes(stateOf(status) ?? '');
