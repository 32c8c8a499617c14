"""Lab: what does a discriminator know? The adversarial clustering loss."""

from epochscope.labs.adversarial.page import adversarial_page

adversarial_page()
