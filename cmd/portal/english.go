package main

import "payportal/internal/i18n"

// englishPrinter speaks the language of the command line and the log.
func englishPrinter() (*i18n.Printer, error) {
	bundle, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return bundle.Printer(i18n.Prefs{Lang: i18n.English}), nil
}
