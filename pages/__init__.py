"""The dashboards: thin Streamlit scripts that read frames from slo_core and draw them."""
