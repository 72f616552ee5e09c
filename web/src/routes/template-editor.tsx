import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { NotFound } from '@/app/NotFound';
import { EditorPage } from '@/features/templates/ui/EditorPage';
import { useCan } from '@/shared/session/session';

/** A new template, a copy in another language, or another wording. Without the permission the page does not exist. */
export default function TemplateEditor() {
  const { templateId } = useParams({ strict: false });
  const { from } = useSearch({ strict: false });
  const navigate = useNavigate();
  const manages = useCan('templates.manage');
  if (!manages) return <NotFound />;
  const show = (id: string) => void navigate({ to: '/templates/$templateId', params: { templateId: id } });
  const back = templateId ?? from;
  return (
    <EditorPage
      {...(templateId ? { id: templateId } : {})}
      from={from}
      onDone={show}
      onCancel={() => (back ? show(back) : void navigate({ to: '/templates' }))}
    />
  );
}
