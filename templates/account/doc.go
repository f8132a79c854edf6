// Package account draws signing in and what belongs to one's own account: password, second factor, recovery codes. Its
// view models hold texts that are ready to show; web decides what is wrong and what comes next. It never says whether an
// account exists.
package account
