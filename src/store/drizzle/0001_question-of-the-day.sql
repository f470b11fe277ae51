CREATE TABLE `replies` (
	`slot` integer NOT NULL,
	`learner` integer NOT NULL,
	`given` text NOT NULL,
	`at` integer NOT NULL,
	`day` text NOT NULL,
	`changes` integer NOT NULL,
	`session` integer,
	PRIMARY KEY(`slot`, `learner`),
	FOREIGN KEY (`slot`) REFERENCES `slots`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `replies_learner` ON `replies` (`learner`);--> statement-breakpoint
CREATE TABLE `schedules` (
	`id` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`target` text NOT NULL,
	`platform` text NOT NULL,
	`space` text NOT NULL,
	`place` text NOT NULL,
	`owner` integer,
	`person` text,
	`maker` integer,
	`minute` integer NOT NULL,
	`timezone` text NOT NULL,
	`weekdays` text NOT NULL,
	`holidays` text NOT NULL,
	`pausedUntil` text,
	`topic` text,
	`lowest` integer NOT NULL,
	`highest` integer NOT NULL,
	`rising` integer NOT NULL,
	`runs` integer NOT NULL,
	`closeAfter` integer,
	`since` integer NOT NULL,
	`next` integer,
	`flagged` text,
	FOREIGN KEY (`owner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`maker`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `schedules_target` ON `schedules` (`target`);--> statement-breakpoint
CREATE INDEX `schedules_next` ON `schedules` (`platform`,`next`);--> statement-breakpoint
CREATE INDEX `schedules_space` ON `schedules` (`platform`,`space`);--> statement-breakpoint
CREATE INDEX `schedules_owner` ON `schedules` (`owner`);--> statement-breakpoint
CREATE TABLE `slots` (
	`id` integer PRIMARY KEY NOT NULL,
	`schedule` integer NOT NULL,
	`day` text NOT NULL,
	`at` integer NOT NULL,
	`closes` integer,
	`question` text,
	`made` text,
	`session` integer,
	`lease` integer NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`message` text,
	`dropped` text,
	`graded` integer,
	`shown` integer,
	FOREIGN KEY (`schedule`) REFERENCES `schedules`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `slots_day` ON `slots` (`schedule`,`day`);--> statement-breakpoint
CREATE INDEX `slots_claimed` ON `slots` (`lease`) WHERE message is null and dropped is null;--> statement-breakpoint
CREATE INDEX `slots_open` ON `slots` (`closes`) WHERE shown is null and message is not null;--> statement-breakpoint
CREATE TABLE `uses` (
	`schedule` integer NOT NULL,
	`question` text NOT NULL,
	`count` integer NOT NULL,
	`last` text NOT NULL,
	PRIMARY KEY(`schedule`, `question`),
	FOREIGN KEY (`schedule`) REFERENCES `schedules`(`id`) ON UPDATE no action ON DELETE cascade
);
