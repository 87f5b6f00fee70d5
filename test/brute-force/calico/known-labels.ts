/** Labels that Calico itself gives to endpoints and sets (facts §3.3). */

export const namespaceLabel = 'projectcalico.org/namespace';
export const orchestratorLabel = 'projectcalico.org/orchestrator';
export const serviceAccountLabel = 'projectcalico.org/serviceaccount';

/** Before the labels of namespaces and of service accounts, where endpoints inherit them. */
export const namespacePrefix = 'pcns.';
export const serviceAccountPrefix = 'pcsa.';
