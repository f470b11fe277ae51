CREATE TABLE `__new_standings` (
	`learner` integer NOT NULL,
	`board` integer NOT NULL,
	`points` integer NOT NULL,
	PRIMARY KEY(`learner`, `board`),
	FOREIGN KEY (`learner`) REFERENCES `learners`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`board`) REFERENCES `boards`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_standings`("learner", "board", "points") SELECT "learner", "board", "points" FROM `standings` ORDER BY 1, 2;--> statement-breakpoint
DROP TABLE `standings`;--> statement-breakpoint
ALTER TABLE `__new_standings` RENAME TO `standings`;--> statement-breakpoint
CREATE INDEX `standings_order` ON `standings` (`board`,points desc,`learner`);--> statement-breakpoint
CREATE TABLE `__new_tallies` (
	`board` integer NOT NULL,
	`points` integer NOT NULL,
	`learners` integer NOT NULL,
	PRIMARY KEY(`board`, `points`),
	FOREIGN KEY (`board`) REFERENCES `boards`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_tallies`("board", "points", "learners") SELECT "board", "points", "learners" FROM `tallies` ORDER BY 1, 2;--> statement-breakpoint
DROP TABLE `tallies`;--> statement-breakpoint
ALTER TABLE `__new_tallies` RENAME TO `tallies`;--> statement-breakpoint
CREATE INDEX `reviews_question` ON `reviews` (`question`,`at`);--> statement-breakpoint
ALTER TABLE `reviews` ADD `after` integer REFERENCES learners(id) ON DELETE set null;--> statement-breakpoint
CREATE INDEX `reviews_after` ON `reviews` (`after`) WHERE after is not null;--> statement-breakpoint
DROP INDEX `reviews_at`;--> statement-breakpoint
CREATE INDEX `reviews_at` ON `reviews` (`learner`,`at`,`after`);
