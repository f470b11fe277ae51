import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../sim/words.ts';
import { ContentError, parseQuestion } from './parse.ts';
import type { Question } from './question.ts';

export interface Topic {
  readonly id: string;
  /** the first heading of the topic's README, else its id in words */
  readonly title: string;
}

export interface Bank {
  /** by topic, then id */
  readonly questions: readonly Question[];
  readonly topics: readonly Topic[];
  /** what could not be read, one line each with file and line; these questions are left out */
  readonly problems: readonly string[];
  get(id: string): Question | undefined;
  of(filter: { readonly topic?: string; readonly level?: number }): readonly Question[];
  /** the topic a person means by what they typed; undefined if none */
  topic(typed: string): Topic | undefined;
  /** the topic they may have meant */
  nearest(typed: string): string | undefined;
}

/** other content of that folder, with a form of its own */
const NOT_TOPICS = new Set(['interviews']);

/** Reads `<topic>/<id>.md` in the folder of questions. Problems of single questions are collected, never thrown. */
export async function loadBank(folder: string): Promise<Bank> {
  const questions: Question[] = [];
  const topics: Topic[] = [];
  const problems: string[] = [];
  for (const topic of folders(folder)) {
    if (NOT_TOPICS.has(topic)) continue;
    let title: string | undefined;
    let count = 0;
    for (const name of readdirSync(join(folder, topic)).sort()) {
      if (!name.endsWith('.md')) continue;
      const file = `questions/${topic}/${name}`;
      const source = readFileSync(join(folder, topic, name), 'utf8');
      if (name === 'README.md') {
        title = /^#\s+(.+)$/m.exec(source)?.[1]?.trim();
        continue;
      }
      try {
        const question = parseQuestion(source, file);
        if (question.id !== name.slice(0, -'.md'.length))
          throw new ContentError(file, 1, `the id is ${question.id}; it must be the file's name`);
        if (question.topic !== topic)
          throw new ContentError(file, 1, `the topic is ${question.topic}; it must be the folder's name`);
        questions.push(question);
        count++;
      } catch (error) {
        if (!(error instanceof ContentError)) throw error;
        problems.push(error.message);
      }
    }
    if (count > 0) topics.push({ id: topic, title: title ?? inWords(topic) });
  }
  return createBank(questions, topics, problems);
}

export function createBank(
  questions: readonly Question[],
  topics: readonly Topic[] = [...new Set(questions.map((q) => q.topic))]
    .sort()
    .map((id) => ({ id, title: inWords(id) })),
  problems: readonly string[] = [],
): Bank {
  const byId = new Map<string, Question>();
  const found = [...problems];
  for (const question of questions) {
    const other = byId.get(question.id);
    if (other) found.push(`${question.file}:1: the id ${question.id} is taken by ${other.file}`);
    else byId.set(question.id, question);
  }
  for (const { file, replaces } of byId.values())
    if (replaces !== undefined && byId.has(replaces))
      found.push(`${file}:1: replaces ${replaces}, which is still there; remove the old file`);
  const kept = [...byId.values()];
  return {
    questions: kept,
    topics,
    problems: found,
    get: (id) => byId.get(id),
    of: ({ topic, level }) =>
      kept.filter(
        (q) => (topic === undefined || q.topic === topic) && (level === undefined || q.level === level),
      ),
    topic(typed) {
      const word = typed.trim().toLowerCase();
      return topics.find((t) => t.id === word || t.title.toLowerCase() === word);
    },
    nearest: (typed) =>
      nearest(
        typed.trim(),
        topics.map((t) => t.id),
      ),
  };
}

/** `aws` is spelt out; longer ids are words */
const inWords = (id: string): string =>
  id.length <= 3 ? id.toUpperCase() : `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll('-', ' ')}`;

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
