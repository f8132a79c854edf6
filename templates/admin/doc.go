// Package admin draws the pages of administration: users, roles, connections, the audit trail and background jobs. Its
// views hold finished texts; nothing here decides what somebody may do. web and the gallery import it.
package admin
