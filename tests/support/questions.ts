/** One question of each kind, small enough to see at once. */
export const written = {
  choice: `---
id: one-vote
topic: consensus
level: 2
kind: choice
run: raft/split-vote seed=3 nodes=5
shows: ["verdict one leader per term holds"]
sources: ["Ongaro & Ousterhout 2014, §5.2"]
---
How many votes does a server give in one term?

- a list in the prompt
- is no choice

- [x] One :: The vote is remembered on disk.
- [ ] One for each candidate :: Then two could win the same term.
- [ ] As many as it likes,
  until a leader is known :: A restart would forget,
  and the majority would mean nothing.

## Explanation
A vote is a promise.
`,
  multi: `---
id: what-persists
topic: consensus
level: 3
kind: multi
sources: ["Ongaro & Ousterhout 2014, Figure 2"]
---
What must be on disk before a server answers?

- [x] The term :: An old term would come back.
- [ ] The commit index :: It is learnt again from the leader.
- [x] The vote :: Two votes in one term.
- [ ] The leader's name :: A heartbeat tells it.

## Explanation
Term, vote and log.
`,
  order: `---
id: write-path
topic: consensus
level: 1
kind: order
sources: ["Ongaro & Ousterhout 2014, §5.3"]
---
Put a write in order.

1. append
2. replicate
3. commit

## Explanation
Durable first.
`,
  number: `---
id: longest-wait
topic: clocks
level: 4
kind: number
sources: ["Ongaro & Ousterhout 2014, §5.2"]
---
The longest election timeout?
answer: 300 ms ± 10 %

## Explanation
150 to 300 ms.
`,
  text: `---
id: split-vote
topic: clocks
level: 5
kind: text
sources: ["Ongaro & Ousterhout 2014, §5.2"]
---
Three servers stand in one election and nobody wins. What next, and why does it end?

- must: No majority in this term. (also: split vote)
- must: Each waits a random time, then stands in a new term. (also: randomised timeout; back-off (random))
- follow-up: Why random?
- should: Almost surely, not certainly.
- trap: The highest id wins.
`,
} as const;
