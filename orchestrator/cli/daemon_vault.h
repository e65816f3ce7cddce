/* The vault of materials out of the settings. Main thread. */
#ifndef YJS_CLI_DAEMON_VAULT_H
#define YJS_CLI_DAEMON_VAULT_H

#include "cli/settings.h"
#include "vault/vault.h"

/* What is wrong with the settings of materials; makes nothing. */
void daemon_vault_check(struct settings *, struct fault_list *faults);
/* *ret: NULL when materials.store is empty. REJECT setting_bad; FATAL. */
enum outcome daemon_vault(struct settings *, struct vault **ret, struct error *);

#endif
