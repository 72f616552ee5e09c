import { useQuery } from '@tanstack/react-query';
import type { Channel, Id } from '@/shared/api/types';
import { readChannels, readTags, readUsers } from '../api';

export const TAGS_KEY = ['tags'];

export const useUsers = () => useQuery({ queryKey: ['users'], queryFn: readUsers });
export const useTags = () => useQuery({ queryKey: TAGS_KEY, queryFn: readTags });

const channels = { queryKey: ['channels'], queryFn: readChannels };
export const useChannel = (id: Id | undefined): Channel | undefined =>
  useQuery(channels).data?.find((channel) => channel.id === id);

export const useCanReact = (channelId: Id): boolean => useChannel(channelId)?.capabilities.reactions === true;
export const useCanQuote = (channelId: Id | undefined): boolean => useChannel(channelId)?.capabilities.quotes === true;
