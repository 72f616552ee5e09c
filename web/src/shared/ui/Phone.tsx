import { phoneText } from '@/shared/format/text';

/** A phone number keeps its left-to-right order in a right-to-left sentence. */
export const Phone = ({ value }: { value: string }) => <bdi dir="ltr">{phoneText(value)}</bdi>;
