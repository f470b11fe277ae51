-- WITHOUT ROWID by hand (drizzle-kit has no word for it): these tables are read by their key alone, one tree instead of two.
CREATE TABLE `activity` (
	`learner` integer NOT NULL,
	`day` text NOT NULL,
	`answers` integer NOT NULL,
	`right` integer NOT NULL,
	`points` integer NOT NULL,
	PRIMARY KEY(`learner`, `day`),
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `asks` (
	`session` integer NOT NULL,
	`position` integer NOT NULL,
	`at` integer NOT NULL,
	`hinted` integer DEFAULT false NOT NULL,
	`draft` text,
	PRIMARY KEY(`session`, `position`),
	FOREIGN KEY (`session`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `boards` (
	`id` integer PRIMARY KEY NOT NULL,
	`scope` text NOT NULL,
	`period` text NOT NULL,
	`topic` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `boards_key` ON `boards` (`scope`,`period`,`topic`);--> statement-breakpoint
CREATE TABLE `cards` (
	`learner` integer NOT NULL,
	`question` text NOT NULL,
	`topic` text NOT NULL,
	`due` integer NOT NULL,
	`stability` real NOT NULL,
	`difficulty` real NOT NULL,
	`elapsedDays` integer NOT NULL,
	`scheduledDays` integer NOT NULL,
	`learningSteps` integer NOT NULL,
	`reps` integer NOT NULL,
	`lapses` integer NOT NULL,
	`state` integer NOT NULL,
	`lastReview` integer,
	PRIMARY KEY(`learner`, `question`),
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `cards_due` ON `cards` (`learner`,`due`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`key` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deliveries_at` ON `deliveries` (`at`);--> statement-breakpoint
CREATE TABLE `identities` (
	`platform` text NOT NULL,
	`realm` text NOT NULL,
	`person` text NOT NULL,
	`learner` integer NOT NULL,
	PRIMARY KEY(`platform`, `realm`, `person`),
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `identities_learner` ON `identities` (`learner`);--> statement-breakpoint
CREATE TABLE `learners` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`timezone` text DEFAULT 'UTC' NOT NULL,
	`hidden` integer DEFAULT false NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reviews` (
	`id` integer PRIMARY KEY NOT NULL,
	`learner` integer NOT NULL,
	`question` text NOT NULL,
	`topic` text NOT NULL,
	`level` integer NOT NULL,
	`event` text NOT NULL,
	`session` integer,
	`position` integer,
	`mode` text NOT NULL,
	`scope` text NOT NULL,
	`day` text NOT NULL,
	`at` integer NOT NULL,
	`took` integer,
	`hinted` integer NOT NULL,
	`given` text NOT NULL,
	`score` real NOT NULL,
	`grade` integer NOT NULL,
	`derived` integer NOT NULL,
	`predicted` real,
	`points` integer NOT NULL,
	`before` text,
	`undone` integer,
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reviews_event` ON `reviews` (`event`);--> statement-breakpoint
CREATE UNIQUE INDEX `reviews_ask` ON `reviews` (`session`,`position`) WHERE session is not null;--> statement-breakpoint
CREATE INDEX `reviews_card` ON `reviews` (`learner`,`question`);--> statement-breakpoint
CREATE INDEX `reviews_at` ON `reviews` (`learner`,`at`);--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`recipe` text NOT NULL,
	`at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY NOT NULL,
	`learner` integer NOT NULL,
	`mode` text NOT NULL,
	`questions` text NOT NULL,
	`filter` text NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_learner` ON `sessions` (`learner`);--> statement-breakpoint
CREATE TABLE `standings` (
	`board` integer NOT NULL,
	`learner` integer NOT NULL,
	`points` integer NOT NULL,
	PRIMARY KEY(`board`, `learner`),
	FOREIGN KEY (`board`) REFERENCES `boards`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `standings_order` ON `standings` (`board`,points desc,`learner`);--> statement-breakpoint
CREATE INDEX `standings_learner` ON `standings` (`learner`);--> statement-breakpoint
CREATE TABLE `tallies` (
	`board` integer NOT NULL,
	`points` integer NOT NULL,
	`learners` integer NOT NULL,
	PRIMARY KEY(`board`, `points`),
	FOREIGN KEY (`board`) REFERENCES `boards`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
