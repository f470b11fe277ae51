CREATE TABLE `guesses` (
	`learner` integer PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`since` integer NOT NULL,
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `links` (
	`code` text PRIMARY KEY NOT NULL,
	`learner` integer NOT NULL,
	`expires` integer NOT NULL,
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `links_learner` ON `links` (`learner`);--> statement-breakpoint
CREATE INDEX `links_expires` ON `links` (`expires`);--> statement-breakpoint
CREATE TABLE `memories` (
	`learner` integer PRIMARY KEY NOT NULL,
	`parameters` text,
	`report` text NOT NULL,
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `learners` ADD `interview` text;--> statement-breakpoint
ALTER TABLE `learners` ADD `retention` real;--> statement-breakpoint
ALTER TABLE `learners` ADD `easyDays` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `reviews` ADD `channel` text DEFAULT '' NOT NULL;