"""Configurations of other tools -> resources, to be applied like a configuration folder.

imported.py       Imported: resources and what was left out;  lenient(): a body without what gatelog does not know
expressions.py    the expression language of ARM templates: `[concat(parameters('name'), '/openai')]`
functions.py      its functions, one row each
arm.py            ARM templates (compiled Bicep too): parameters, variables, copies, conditions, nested templates
apiops.py         folders of the APIOps extractor
terraform.py      `terraform show -json`
"""
