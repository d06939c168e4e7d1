SELECT current_setting(%(setting)s)
