"""Lab: what does a discriminator know? The adversarial clustering loss."""

from core.ui.labs.adversarial import adversarial_page

adversarial_page()
