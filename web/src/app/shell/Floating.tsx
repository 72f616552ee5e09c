/** What floats over every page: notices and the bubbles of explanations. Nothing of it shows at first, so its code comes after the page. */
import { TipHost } from '@/shared/ui/TipHost';
import { Toaster } from '@/shared/ui/Toaster';

export default function Floating() {
  return (
    <>
      <Toaster />
      <TipHost />
    </>
  );
}
