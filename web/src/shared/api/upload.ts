/** Uploads a file with progress, which fetch cannot report. */
import { currentLocale } from '@/shared/i18n/i18n';
import { apiUrl, NetworkError, refusal } from './client';
import type { Upload } from './types';

export function uploadFile(file: Blob, name: string, onProgress: (share: number) => void, signal?: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', apiUrl('/media'));
    xhr.setRequestHeader('Accept', 'application/json');
    xhr.setRequestHeader('Accept-Language', currentLocale());
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(JSON.parse(xhr.responseText) as Upload);
      else reject(refusal(xhr.status, xhr.responseText, xhr.getResponseHeader('Retry-After'), '/media'));
    };
    xhr.onerror = () => reject(new NetworkError('the upload broke off'));
    xhr.ontimeout = xhr.onerror;
    xhr.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
    signal?.addEventListener('abort', () => xhr.abort(), { once: true });
    const form = new FormData();
    form.append('file', file, name);
    xhr.send(form);
  });
}
