import mark from './logo.svg';

export function Logo({ size = 28 }: { size?: number }) {
  return <img src={mark} width={size} height={size} alt="" />;
}
